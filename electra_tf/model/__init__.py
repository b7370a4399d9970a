"""Generator and discriminator: masked batch → logits."""
