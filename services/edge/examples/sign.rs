//! The headers that sign a GET, a line each, by AWS's own signer. The credentials are those of the variables
//! that its clients read.
//!
//! ```sh
//! cargo run --release -p edge --example sign -- http://localhost:8080/v1/me
//! ```

use std::{env::var, error::Error, time::SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4::SigningParams,
};

fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("which address?")?;
    let (key, secret) = (var("AWS_ACCESS_KEY_ID")?, var("AWS_SECRET_ACCESS_KEY")?);
    let token = var("AWS_SESSION_TOKEN").ok();
    let identity = Credentials::new(key, secret, token, None, "environment").into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region("local")
        .name("execute-api")
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()?
        .into();
    let body = SignableBody::Bytes(b"");
    let request = SignableRequest::new("GET", &url, std::iter::empty(), body)?;
    let (instructions, _) = sign(request, &params)?.into_parts();
    let mut signed = http::Request::get(&url).body(())?;
    instructions.apply_to_request_http1x(&mut signed);
    for (name, value) in signed.headers() {
        println!("{name}: {}", value.to_str()?);
    }
    Ok(())
}
