-- The price stands in the orders of the whole shop, so that a list of a narrow range of prices reads
-- no product that is not of it. `seq` keeps the order of those that are alike.
drop index product_by_age;
drop index product_by_name;
drop index product_by_popularity;
create index product_by_age on product (retired, seq, price);
create index product_by_name on product (retired, name collate nocase, seq, price);
create index product_by_popularity on product (retired, popularity, seq, price);
