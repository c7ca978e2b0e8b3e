//! A road between a carrier and its server that can be cut, or go silent and stay open.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
use transport_nats::Settings;

#[derive(Default)]
struct Road {
    ended: AtomicBool,
    silent: AtomicBool,
    accepted: AtomicUsize,
    open: Mutex<Vec<TcpStream>>,
}

pub(crate) struct Proxy {
    port: u16,
    road: Arc<Road>,
}

impl Proxy {
    pub(crate) fn before(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let road = Arc::new(Road::default());
        let this = Arc::clone(&road);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if this.ended.load(Ordering::SeqCst) {
                    return;
                }
                this.accepted.fetch_add(1, Ordering::SeqCst);
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else { continue };
                let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                carry(&this, from, to);
                carry(&this, server, client);
            }
        });
        Self { port, road }
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings::plain(&format!("nats://127.0.0.1:{}", self.port))
    }

    /// Everything that is open is closed.
    pub(crate) fn cut(&self) {
        for stream in self.road.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Nothing passes any more, on old connections and new ones, and none is closed.
    pub(crate) fn silence(&self, silent: bool) {
        self.road.silent.store(silent, Ordering::SeqCst);
    }

    pub(crate) fn accepted(&self) -> usize {
        self.road.accepted.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.road.ended.store(true, Ordering::SeqCst);
        self.cut();
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn carry(road: &Arc<Road>, mut from: TcpStream, mut to: TcpStream) {
    road.open.lock().unwrap().push(from.try_clone().unwrap());
    let road = Arc::clone(road);
    thread::spawn(move || {
        let mut bytes = [0; 64 * 1024];
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            while road.silent.load(Ordering::SeqCst) && !road.ended.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(5));
            }
            if to.write_all(&bytes[..count]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
}
