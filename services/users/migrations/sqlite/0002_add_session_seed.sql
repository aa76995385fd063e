-- With a used token it gives the token that follows, so that who comes again at once gets the same.
alter table session add column successor_seed blob;
