//! Sessions as a tree: which session came from which.

use serde::Serialize;

use super::fitting;
use crate::report::incident::build::short;
use crate::report::incident::model::Actor;
use crate::ui::number::counted;
use crate::ui::sanitize::clip_middle;

const WIDTH: i64 = 640;
const ROW: i64 = 46;
const INDENT: i64 = 26;
/// Deepest level. Deeper sessions are drawn on it.
const DEEPEST: usize = 10;
/// The most sessions drawn.
const NODES: usize = 40;

#[derive(Debug, Serialize)]
pub struct Tree {
    pub width: i64,
    pub height: i64,
    pub nodes: Vec<Node>,
    pub left_out: usize,
}

#[derive(Debug, Serialize)]
pub struct Node {
    pub x: i64,
    pub y: i64,
    /// The line from the parent's position down and to the right.
    pub path: String,
    pub name: String,
    pub about: String,
    pub contained: bool,
    pub title: String,
}

impl Tree {
    /// A chart with one row shows no more than the table.
    pub fn of(actors: &[Actor]) -> Option<Tree> {
        if actors.len() < 2 {
            return None;
        }
        let nodes: Vec<Node> =
            actors.iter().take(NODES).enumerate().map(|(i, a)| node(i, a, actors)).collect();
        Some(Tree {
            width: WIDTH,
            height: ROW * nodes.len() as i64 + 4,
            left_out: actors.len() - nodes.len(),
            nodes,
        })
    }
}

fn position(i: usize, actor: &Actor) -> (i64, i64) {
    (12 + INDENT * actor.depth.min(DEEPEST) as i64, ROW * i as i64 + 16)
}

fn node(i: usize, actor: &Actor, actors: &[Actor]) -> Node {
    let (x, y) = position(i, actor);
    let parent = actor.parent.and_then(|p| Some(position(p, actors.get(p)?)));
    let path = parent.map_or_else(String::new, |(px, py)| format!("M{px} {py}V{y}H{x}"));
    let room = fitting(WIDTH - x - 20);
    let name = match short(&actor.principal) {
        "" => actor.access_key.as_str(),
        name => name,
    };
    let events = counted(actor.events, "event", "events");
    let parts = [actor.access_key.as_str(), &actor.kind, &actor.how, &events, &actor.contained];
    let about: Vec<&str> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    let about = about.join(" · ");
    Node {
        x,
        y,
        path,
        name: clip_middle(name, room).into_owned(),
        about: clip_middle(&about, room + room / 8).into_owned(),
        contained: !actor.contained.is_empty(),
        title: format!("{}, {about}", actor.principal),
    }
}
