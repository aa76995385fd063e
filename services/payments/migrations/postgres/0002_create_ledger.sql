-- Money that moved, written with the state that moved it: at most one capture and one refund an order.
create table ledger (
  order_id uuid not null references payment,
  kind text not null check (kind in ('capture', 'refund')),
  amount bigint not null check (amount > 0),
  currency text not null,
  at bigint not null,
  primary key (order_id, kind)
);

insert into ledger (order_id, kind, amount, currency, at)
select order_id, 'capture', amount, currency, updated_at from payment where state in ('captured', 'refunded');

insert into ledger (order_id, kind, amount, currency, at)
select order_id, 'refund', amount, currency, updated_at from payment where state = 'refunded';
