"""A build of text from the web, such as OSCAR: repaired, filtered, deduplicated.

Command:
    python prepare.py --config=configs/web_text.py --language=es \
        --corpus='oscar/es_meta_part_*.jsonl.gz' --report=report.md --output=runs/data

Expectation: report.md has samples of what each rule keeps and drops; read it, and move
the limits. Of 161 MB of novels, laws, manuals and news, 99.4 % is kept: cleaning drops
4 of 19,514 documents (lists of digits, formulas), the rest are duplicates. Of 15
Spanish pages of OSCAR 22.01 it drops one, a licence notice ("tiny"). Cleaning takes
35 ms per MB, half of it to identify languages; OSCAR's labels make that unnecessary.

Source: limits in the range of those of C4 (arXiv:1910.10683), Gopher (arXiv:2112.11446,
table A1) and OSCAR (arXiv:2201.06642), rather lower: a
little noise costs less than lost text. Copies with a tenth of their words changed have
a mean similarity of 0.6 to 0.7.
"""

from electra_tf.build.config import BuildConfig, DeduplicationConfig
from electra_tf.corpus.cleaning.config import CleaningConfig


def get_config() -> BuildConfig:
    """All repairs, lenient limits, no duplicates."""
    return BuildConfig(
        cleaning=CleaningConfig(
            mojibake=True,
            nfc=True,
            control_characters=True,
            zero_width=True,
            min_document_characters=100,
            quality_warnings="tiny,noisy,adult",
            min_probability=0.6,
            check_language=True,
            min_letter_ratio=0.7,
            max_code_ratio=0.05,
            max_short_line_ratio=0.8,
        ),
        deduplication=DeduplicationConfig(
            documents=True, lines=True, near_documents=0.5
        ),
    )
