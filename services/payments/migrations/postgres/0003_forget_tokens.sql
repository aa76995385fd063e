-- Once the money is taken or back nobody asks for the card again: its token is forgotten.
update payment set token = 'tok_none' where state in ('captured', 'voided', 'refunded');
