//! Serving the interface until it is told to stop.

use crate::port::Node;
use crate::routes;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use tokio::sync::watch;

/// A server that was bound and does not answer yet.
pub struct Server {
    listener: TcpListener,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// Binds to an address of this machine.
    ///
    /// # Errors
    /// When the address is not loopback, or is taken.
    pub fn bind(address: SocketAddr) -> std::io::Result<Self> {
        if !address.ip().is_loopback() {
            let what = "the interface has no transport security: it listens on loopback only";
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, what));
        }
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// Answers until `stop` becomes true, and then until the requests under way are answered.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn run(
        self,
        node: Arc<dyn Node>,
        mut stop: watch::Receiver<bool>,
    ) -> std::io::Result<()> {
        let listener = tokio::net::TcpListener::from_std(self.listener)?;
        let routes = routes::all(node, self.address, stop.clone());
        let stopped = async move {
            // A sender that is gone is a stop as well.
            let _ = stop.wait_for(|stop| *stop).await;
        };
        axum::serve(listener, routes).with_graceful_shutdown(stopped).await
    }
}
