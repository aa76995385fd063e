-- Where and when a session was last used, for its owner to see. Nothing is known of those from before.
alter table session add column device text not null default '';
alter table session add column network text not null default '';
alter table session add column issued_at integer not null default 0;
create index session_user_id on session (user_id);
