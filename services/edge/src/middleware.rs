//! How the edge's own layers are written: what a layer does with a request before the rest of the
//! stack, and with the answer after it.
//!
//! Behind a [`Layer`] stand a service and a future; all of the edge's layers share these. Nothing is
//! boxed unless a layer has to wait for somebody.

use std::{
    any, mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use futures::future::BoxFuture;
use kit::http::Problem;
use pin_project_lite::pin_project;
use tower::{Layer, Service};

/// What a layer does.
pub(crate) trait Middleware: Clone + Send + Sync + 'static {
    /// What it keeps until the answer's head is there, or the client has gone away.
    type Kept: Send + 'static;

    /// Lets a request on, changed or not, or refuses it.
    fn before(&self, request: Request) -> Before<Self::Kept>;

    /// Sees the answer to a request that it let on.
    fn after(_kept: Self::Kept, answer: Response) -> Response {
        answer
    }

    /// Surrounds the work of all that stands inside.
    fn within<T>(_kept: &Self::Kept, work: impl FnOnce() -> T) -> T {
        work()
    }
}

/// What becomes of a request.
pub(crate) enum Before<K> {
    /// The rest of the stack gets it.
    Pass(Request, K),
    /// Nobody gets it.
    Refuse(Problem),
    /// That is known later.
    Wait(BoxFuture<'static, Result<(Request, K), Problem>>),
}

/// Which layer refused a request, or had its answer: an extension of the answer.
#[derive(Clone, Copy)]
pub(crate) struct DecidedBy(pub(crate) &'static str);

impl DecidedBy {
    /// The module that the layer is in.
    pub(crate) fn layer<M>() -> Self {
        let path = any::type_name::<M>().trim_start_matches("edge::");
        Self(path.split("::").next().unwrap_or(path))
    }
}

/// A [`Middleware`] as a layer.
#[derive(Clone)]
pub(crate) struct Stage<M>(pub(crate) M);

impl<M: Middleware, S> Layer<S> for Stage<M> {
    type Service = Staged<M, S>;

    fn layer(&self, rest: S) -> Staged<M, S> {
        let stage = self.0.clone();
        Staged { stage, rest }
    }
}

/// The rest of a stack with a [`Middleware`] before it.
#[derive(Clone)]
pub(crate) struct Staged<M, S> {
    stage: M,
    rest: S,
}

impl<M, S> Service<Request> for Staged<M, S>
where
    M: Middleware,
    S: Service<Request, Response = Response> + Clone,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Passing<M, S>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.rest.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Passing<M, S> {
        match self.stage.before(request) {
            Before::Pass(request, kept) => Passing::Running {
                answer: M::within(&kept, || self.rest.call(request)),
                kept: Some(kept),
            },
            Before::Refuse(refusal) => Passing::Refused {
                refusal: Some(refusal),
            },
            Before::Wait(wait) => {
                // The one that is ready goes along; its clone gets ready anew.
                let next = self.rest.clone();
                let rest = mem::replace(&mut self.rest, next);
                Passing::Waiting { wait, rest }
            }
        }
    }
}

pin_project! {
    /// A request on its way through a [`Staged`].
    #[project = Projected]
    pub(crate) enum Passing<M, S>
    where
        M: Middleware,
        S: Service<Request>,
    {
        Refused { refusal: Option<Problem> },
        Waiting { wait: BoxFuture<'static, Result<(Request, M::Kept), Problem>>, rest: S },
        Running { #[pin] answer: S::Future, kept: Option<M::Kept> },
    }
}

impl<M, S> Future for Passing<M, S>
where
    M: Middleware,
    S: Service<Request, Response = Response>,
{
    type Output = Result<Response, S::Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let next = match self.as_mut().project() {
                Projected::Refused { refusal } => {
                    let refusal = refusal.take().expect("polled until it is ready");
                    let mut answer = refusal.into_response();
                    answer.extensions_mut().insert(DecidedBy::layer::<M>());
                    return Poll::Ready(Ok(answer));
                }
                Projected::Waiting { wait, rest } => match ready!(wait.as_mut().poll(context)) {
                    Ok((request, kept)) => Self::Running {
                        answer: M::within(&kept, || rest.call(request)),
                        kept: Some(kept),
                    },
                    Err(refusal) => Self::Refused {
                        refusal: Some(refusal),
                    },
                },
                Projected::Running { answer, kept } => {
                    let here = kept.as_ref().expect("polled until it is ready");
                    let answer = ready!(M::within(here, || answer.poll(context)))?;
                    let kept = kept.take().expect("it was there a line ago");
                    return Poll::Ready(Ok(M::after(kept, answer)));
                }
            };
            self.set(next);
        }
    }
}
