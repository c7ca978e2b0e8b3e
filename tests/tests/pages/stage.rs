//! A world behind pages: a node whose spaces, network and clock are those of a world.

use api_http::port::{Carriage, Look, Node, Stored, StoredBlock, Trouble};
use api_http::server::Server;
use engine::command::{Done, Rejection, Request};
use engine::log::verify::Intact;
use schema::hash::{Domain, Hash, hash};
use schema::id::{Position, SpaceId};
use schema::name::Name;
use schema::v1::block::Damage;
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::{Arc, Mutex};
use tests::visitor::Visitor;
use tests::world::World;
use tokio::runtime::Runtime;
use tokio::sync::watch;

const OPERATOR: &str = "isp_operator";

/// A world that is served.
pub(crate) struct Stage {
    node: Arc<Served>,
    address: String,
    /// Ends the server when it is dropped.
    _stop: watch::Sender<bool>,
    _runtime: Runtime,
}

struct Served {
    world: Mutex<World>,
    /// Those that are open.
    watched: Mutex<BTreeMap<SpaceId, watch::Sender<u64>>>,
    /// The only space of this node, and how it reaches the others; none if all are on this node.
    carried: Mutex<Option<(SpaceId, Carriage)>>,
}

impl Stage {
    /// Serves a world in which all spaces were founded.
    pub(crate) fn of(world: World) -> Self {
        let spaces = world.sites.iter().map(|site| (site.id, watch::Sender::new(0)));
        let watched = Mutex::new(spaces.collect());
        let node =
            Arc::new(Served { world: Mutex::new(world), watched, carried: Mutex::default() });
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let server = Server::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = server.address.to_string();
        let (stop, stopped) = watch::channel(false);
        let served: Arc<dyn Node> = Arc::clone(&node) as Arc<dyn Node>;
        runtime.spawn(server.run(served, stopped));
        Self { node, address, _stop: stop, _runtime: runtime }
    }

    /// Somebody who is signed in.
    pub(crate) fn visitor(&self) -> Visitor {
        Visitor::signed_in(&self.address, OPERATOR)
    }

    /// From now on one space is alone on this node, and reaches the others like this.
    pub(crate) fn carry(&self, alone: SpaceId, carriage: Carriage) {
        *self.node.carried.lock().unwrap() = Some((alone, carriage));
    }

    /// Lets something happen in the world, and tells who watches.
    pub(crate) fn play<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.node.world.lock().unwrap();
        let result = act(&mut world);
        let mut watched = self.node.watched.lock().unwrap();
        for site in &world.sites {
            match (&site.space, watched.get(&site.id)) {
                (Some(space), Some(sender)) => {
                    sender.send_replace(space.engine().checkpoint().0);
                }
                _ => {
                    watched.remove(&site.id);
                }
            }
        }
        result
    }
}

impl Node for Served {
    fn spaces(&self) -> Vec<(SpaceId, Name)> {
        let world = self.world.lock().unwrap();
        let spaces = world.sites.iter().map(|site| (site.id, site.called.parse().unwrap()));
        let carried = self.carried.lock().unwrap();
        let alone = carried.as_ref().map(|(alone, _)| *alone);
        spaces.filter(|(id, _)| alone.is_none_or(|alone| alone == *id)).collect()
    }

    fn carriage(&self, space: &SpaceId) -> Option<Carriage> {
        let carried = self.carried.lock().unwrap();
        carried.as_ref().filter(|(alone, _)| alone == space).map(|(_, carriage)| carriage.clone())
    }

    fn look(&self, space: &SpaceId, look: Look) -> Result<(), Trouble> {
        let world = self.world.lock().unwrap();
        let at = world.site_of(space).expect("a space of this world");
        match &world.sites[at].space {
            Some(space) => look(space.engine(), world.now_at(at)),
            None => return Err(Trouble::Closed("its disk is full".to_owned())),
        }
        Ok(())
    }

    fn watch(&self, space: &SpaceId) -> Result<watch::Receiver<u64>, Trouble> {
        let watched = self.watched.lock().unwrap();
        let closed = || Trouble::Closed("its disk is full".to_owned());
        watched.get(space).map(watch::Sender::subscribe).ok_or_else(closed)
    }

    fn operator(&self) -> Hash {
        hash(Domain::Token, &[OPERATOR.as_bytes()])
    }

    fn found(&self, _: &Name) -> Result<SpaceId, Trouble> {
        unreachable!("pages found nothing")
    }

    fn ask(&self, _: &SpaceId, _: Request) -> Result<Result<Done, Rejection>, Trouble> {
        unreachable!("pages ask for nothing")
    }

    fn push(&self, _: &SpaceId, _: &mut dyn Read) -> Result<Stored, Trouble> {
        unreachable!("pages push nothing")
    }

    fn verify(&self, _: &SpaceId) -> Result<Result<Intact, Damage>, Trouble> {
        unreachable!("pages verify no log")
    }

    fn blocks(&self, _: &SpaceId, _: Position, _: Position) -> Result<Vec<StoredBlock>, Trouble> {
        unreachable!("pages read no log")
    }

    fn tokens(&self, _: &SpaceId, _: &[Name]) -> Result<Vec<(Name, Hash)>, Trouble> {
        unreachable!("pages make no tokens")
    }

    fn output(&self, _: &SpaceId, _: Position) -> Option<String> {
        unreachable!("pages read no output")
    }
}
