-- The price stands in the orders of the whole shop, so that a list of a narrow range of prices reads
-- no product that is not of it. The narrower index by age stays: the table's key is as narrow, but
-- has what is retired too.
drop index product_by_name;
drop index product_by_popularity;
create index product_by_age_and_price on product (seq, price) where not retired;
create index product_by_name on product (lower(name), seq, price) where not retired;
create index product_by_popularity on product (popularity, seq, price) where not retired;
