//! A client that tells when a watch was answered: kube's watcher itself says nothing until the first event, which can be hours away.

use super::watch::News;
use http::{Request, Response};
use kube::Client;
use kube::client::Body;
use policy::object::Kind;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc;
use tower::Service;

#[derive(Clone)]
struct Hearing {
    inner: Client,
    kind: Kind,
    news: mpsc::Sender<News>,
}

/// `inner`, which besides sends [`News::Heard`] for each watch of `kind` that the API server takes up.
pub(super) fn hearing(inner: &Client, kind: Kind, news: mpsc::Sender<News>) -> Client {
    Client::new(Hearing { inner: inner.clone(), kind, news }, inner.default_namespace())
}

impl Service<Request<Body>> for Hearing {
    type Response = Response<Body>;
    type Error = kube::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        // `Client::send` waits for its own readiness.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Self { inner, kind, news } = self.clone();
        let watch = request.uri().query().is_some_and(|query| query.split('&').any(|pair| pair == "watch=true"));
        Box::pin(async move {
            let response = inner.send(request).await?;
            if watch && response.status().is_success() {
                // Nobody listens any more only when the cluster is let go.
                let _gone = news.send(News::Heard(kind)).await;
            }
            Ok(response)
        })
    }
}
