//! Which connections are taken, and which are kept: a flood must not eat the memory and files that the ledger needs,
//! and one machine must not take the places of all others.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv6Addr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::http::Request;
use axum_server::accept::Accept;
use tokio::net::TcpStream;
use tokio_io_timeout::TimeoutStream;
use tower::Service;

use super::limits::REFUSALS_TOLD_EVERY;

/// The part of an address that says who it is: one machine has a whole IPv6 /64 to choose from (RFC 4291, 2.5.4), and
/// an IPv4 address may come in IPv6 clothes.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
        }
        address => address,
    }
}

/// Takes a connection while more places are free than its network holds already, so that whoever floods leaves as many
/// places as it gets: half of all for one alone, a hundredth for each of a hundred. A proxy on this machine speaks for
/// many and may take all. A connection that takes nothing of what is written to it for `patience` ends.
#[derive(Clone)]
pub struct Bounded {
    places: Arc<Mutex<Places>>,
    patience: Duration,
}

struct Places {
    free: usize,
    held: HashMap<IpAddr, usize>,
    refusal_told: Option<Instant>,
}

impl Bounded {
    /// This many places, none of them taken.
    pub fn new(places: usize, patience: Duration) -> Self {
        let places = Places { free: places, held: HashMap::new(), refusal_told: None };
        Self { places: Arc::new(Mutex::new(places)), patience }
    }

    fn place(&self, address: IpAddr) -> Option<Place> {
        let network = network(address);
        let mut places = locked(&self.places);
        let held = places.held.get(&network).copied().unwrap_or_default();
        let share = if network.is_loopback() { usize::MAX } else { places.free };
        if places.free == 0 || held >= share {
            // One line of many: a flood must not fill the log either.
            if places.refusal_told.is_none_or(|told| told.elapsed() >= REFUSALS_TOLD_EVERY) {
                places.refusal_told = Some(Instant::now());
                tracing::warn!(%network, held, free = places.free, "too many connections: one more was closed");
            }
            return None;
        }
        places.free -= 1;
        *places.held.entry(network).or_default() += 1;
        Some(Place { places: Arc::clone(&self.places), network })
    }
}

fn locked(places: &Mutex<Places>) -> MutexGuard<'_, Places> {
    places.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A place taken, given back when dropped.
struct Place {
    places: Arc<Mutex<Places>>,
    network: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = locked(&self.places);
        places.free += 1;
        let left = places.held.get(&self.network).copied().unwrap_or_default().saturating_sub(1);
        if left == 0 {
            places.held.remove(&self.network);
        } else {
            places.held.insert(self.network, left);
        }
    }
}

impl<S> Accept<TcpStream, S> for Bounded {
    type Stream = Pin<Box<TimeoutStream<TcpStream>>>;
    type Service = Placed<S>;
    type Future = std::future::Ready<io::Result<(Self::Stream, Placed<S>)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let accepted = || {
            let place = self.place(stream.peer_addr()?.ip());
            let place = place.ok_or_else(|| io::Error::other("too many connections"))?;
            stream.set_nodelay(true)?;
            let mut patient = TimeoutStream::new(stream);
            patient.set_write_timeout(Some(self.patience));
            Ok((Box::pin(patient), Placed { service, _place: Arc::new(place) }))
        };
        std::future::ready(accepted())
    }
}

/// A connection's service, which gives its place back when the connection ends.
#[derive(Clone)]
pub struct Placed<S> {
    service: S,
    _place: Arc<Place>,
}

impl<S, B> Service<Request<B>> for Placed<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> S::Future {
        self.service.call(request)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn who_floods_leaves_places_for_others() {
        let bounded = Bounded::new(90, Duration::MAX);
        let take = |address: &str| {
            let address = ip(address);
            std::iter::from_fn(|| bounded.place(address)).collect::<Vec<_>>()
        };
        let one = take("192.0.2.1");
        assert_eq!(one.len(), 45, "a flood alone takes half");
        assert_eq!(take("192.0.2.2").len(), 23, "given back when dropped");
        let two = take("192.0.2.2");
        assert!(bounded.place(ip("::ffff:192.0.2.2")).is_none(), "the same address in other clothes");
        assert!(bounded.place(ip("2001:db8::1")).is_some());
        assert_eq!(take("127.0.0.1").len(), 90 - one.len() - two.len(), "a proxy here speaks for many");
    }

    #[test]
    fn a_machine_is_its_ipv6_network() {
        assert_eq!(network(ip("2001:db8:0:1:2:3:4:5")), network(ip("2001:db8:0:1::9")));
        assert_ne!(network(ip("2001:db8:0:1::9")), network(ip("2001:db8:0:2::9")));
        assert_eq!(network(ip("::ffff:192.0.2.1")), ip("192.0.2.1"));
        assert!(network(ip("::1")).is_loopback());
    }

    #[tokio::test]
    async fn a_connection_that_takes_nothing_ends() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _silent = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let bounded = Bounded::new(1, Duration::from_millis(50));
        let (mut stream, _placed) = bounded.accept(stream, ()).await.unwrap();
        let endless = async { while stream.write_all(&[0; 65_536]).await.is_ok() {} };
        tokio::time::timeout(Duration::from_secs(10), endless).await.unwrap();
    }
}
