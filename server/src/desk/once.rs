//! What is computed once for a version, however many ask for it.

use super::problem;
use app::backend::Problem;
use std::sync::Arc;
use tokio::sync::Mutex;

/// The value of the newest version that was asked for.
pub(super) struct Newest<V, T>(Mutex<Option<(V, Arc<T>)>>);

impl<V, T> Default for Newest<V, T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<V: PartialEq, T> Newest<V, T> {
    /// The value of `version`; whoever asks while it is computed waits for it.
    pub(super) async fn get<F: Future<Output = Result<T, Problem>>>(
        &self,
        version: V,
        compute: impl FnOnce() -> F,
    ) -> Result<Arc<T>, Problem> {
        let mut kept = self.0.lock().await;
        match &*kept {
            Some((of, value)) if *of == version => Ok(Arc::clone(value)),
            _ => {
                let value = Arc::new(compute().await?);
                *kept = Some((version, Arc::clone(&value)));
                Ok(value)
            }
        }
    }
}

/// Computes off the threads that answer requests: a cluster of 10,000 Services takes a while.
pub(super) async fn compute<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| problem::internal(&error))
}
