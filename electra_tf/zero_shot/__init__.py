"""What a detector knows without fine-tuning: judged text against labels."""
