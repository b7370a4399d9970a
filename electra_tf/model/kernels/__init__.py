"""Operations that are faster than their plain form."""
