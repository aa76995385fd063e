//! Every operation of users, called in process as the edge and the neighbours call it.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

mod add_address;
mod app;
mod authenticator;
mod authority;
mod change_me;
#[cfg(feature = "cognito")]
mod cognito;
mod confirm_sign_up;
mod delete_address;
mod document;
mod elsewhere;
mod get_jwks;
mod get_me;
mod get_openid_configuration;
mod get_user_address;
mod leaving;
mod letters;
mod list_addresses;
mod passkeys;
mod password_reset;
mod people;
mod provider;
mod provider_faults;
mod provider_links;
mod providers;
mod refresh_session;
mod replace_address;
mod second_factors;
mod sessions;
mod settings;
mod sign_in;
mod sign_out;
mod sign_up;
mod staff_factor;
mod step_up;
mod trust;
mod unavailable;
