-- What is left to do at the cart of an order, where carts are kept elsewhere: take its lines out, return them, or nothing.
alter table purchase add column cart_step text;
create index purchase_cart_step on purchase (lease_until) where cart_step is not null;
-- What is driven is what is placed.
drop index purchase_due;
create index purchase_due on purchase (lease_until) where not settled and cart_step is distinct from 'take';
