"""The same training step with PyTorch and transformers, for comparison.

Generator logits at the masked slots only, sampling, discriminator, clipping by the
global norm, AdamW (fused). Dropout is transformers' default, the paper's 0.1.
"""

import torch
from transformers import ElectraConfig, ElectraForMaskedLM, ElectraForPreTraining

from benchmarks.turns import Run
from electra_tf.config import Config, EncoderSizes


def prepare(
    config: Config, vocabulary_size: int, bfloat16: bool, compiled: bool
) -> Run:
    """Builds both networks; each run takes single steps.

    Args:
        config: sizes, batch, length and weights.
        vocabulary_size: number of pieces.
        bfloat16: with autocast to bfloat16.
        compiled: forward and backward pass by torch.compile.
    """
    torch.manual_seed(0)
    model = config.model

    def settings(sizes: EncoderSizes) -> ElectraConfig:
        return ElectraConfig(
            vocab_size=vocabulary_size,
            embedding_size=model.embedding_size,
            hidden_size=sizes.hidden_size,
            num_hidden_layers=sizes.num_layers,
            num_attention_heads=sizes.num_heads,
            intermediate_size=sizes.intermediate_size,
            hidden_dropout_prob=model.dropout,
            attention_probs_dropout_prob=model.dropout,
        )

    discriminator = ElectraForPreTraining(settings(model.discriminator)).train()
    generator = ElectraForMaskedLM(settings(model.generator)).train()
    generator.electra.embeddings = discriminator.electra.embeddings
    table = discriminator.electra.embeddings.word_embeddings
    generator.generator_lm_head.weight = table.weight
    both = [*discriminator.parameters(), *generator.parameters()]
    parameters = list({id(parameter): parameter for parameter in both}.values())
    optimizer = torch.optim.AdamW(
        parameters,
        lr=config.learning_rate,
        weight_decay=config.weight_decay,
        eps=1e-6,
        fused=True,
    )

    batch, length = config.data.global_batch_size, config.data.max_seq_length
    ids = torch.randint(5, vocabulary_size, (batch, length))
    attention = torch.ones_like(ids)
    order = torch.rand(batch, length).argsort(dim=1)
    positions = order[:, : config.max_predictions].sort(dim=1).values

    def loss_of(ids, attention, positions):
        masked = ids.scatter(1, positions, 4)
        original = ids.gather(1, positions)
        hidden = generator.electra(masked, attention_mask=attention)[0]
        index = positions[:, :, None].expand(-1, -1, hidden.shape[-1])
        predicted = generator.generator_predictions(hidden.gather(1, index))
        logits = generator.generator_lm_head(predicted).float()
        masked_lm = torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), original.flatten()
        )
        with torch.no_grad():
            noise = -torch.log(-torch.log(torch.rand_like(logits) + 1e-9) + 1e-9)
            corrupted = ids.scatter(1, positions, (logits + noise).argmax(-1))
        scores = discriminator(corrupted, attention_mask=attention).logits.float()
        judged = torch.nn.functional.binary_cross_entropy_with_logits(
            scores, (corrupted != ids).float()
        )
        return config.generator_weight * masked_lm + (
            config.discriminator_weight * judged
        )

    loss_of = torch.compile(loss_of) if compiled else loss_of

    def run(steps: int) -> None:
        for _ in range(steps):
            optimizer.zero_grad(set_to_none=True)
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bfloat16):
                loss = loss_of(ids, attention, positions)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, config.gradient_clip_norm)
            optimizer.step()

    return run
