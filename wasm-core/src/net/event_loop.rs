//! The one task of the network.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use futures::{Stream as _, StreamExt, channel::mpsc, stream::LocalBoxStream};
use libp2p::{Swarm, identity::Keypair, ping, swarm::SwarmEvent};

use super::{
    Config, Events, MAX_UNANSWERED, Signal,
    breaker::Breaker,
    direct::Direct,
    handoff::Handoff,
    links::Links,
    race::Race,
    swarm::{self, Behaviour, BehaviourEvent, Ways},
};
use crate::engine::{effect::NetAction, input::NetEvent};

/// Polls everything there is until nothing moves.
pub(super) struct EventLoop {
    node: Swarm<Behaviour>,
    links: Links,
    direct: Direct,
    actions: mpsc::Receiver<NetAction>,
    signals: LocalBoxStream<'static, Signal>,
    signals_ended: bool,
    events: mpsc::Sender<NetEvent>,
    undelivered: Events,
}

impl EventLoop {
    pub(super) fn new(
        config: Config,
        actions: mpsc::Receiver<NetAction>,
        events: mpsc::Sender<NetEvent>,
    ) -> Self {
        let Config { sockets, sessions, fetch, known, remember, negotiate, signals } = config;
        let (breaker, race, handoff) = (Breaker::default(), Race::default(), Handoff::default());
        let ways = Ways { sockets, sessions, breaker: breaker.clone(), race: race.clone() };
        let node = swarm::build(&Keypair::generate_ed25519(), ways, &handoff);
        let direct = Direct::new(&node, negotiate, handoff);
        let control = node.behaviour().relayed_streams();
        let links = Links::new(fetch, (known, remember), &breaker, &race, &control);
        let (signals_ended, undelivered) = (false, Events::default());
        Self { node, links, direct, actions, signals, signals_ended, events, undelivered }
    }

    /// Hands events over. Ready when nobody wants them any more.
    fn deliver(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.undelivered.len() > 0 {
            if futures::ready!(self.events.poll_ready(cx)).is_err() {
                return Poll::Ready(());
            }
            if let Some(event) = self.undelivered.0.pop_front() {
                let _ = self.events.start_send(event);
            }
        }
        Poll::Pending
    }

    fn poll_node(&mut self, cx: &mut Context<'_>) -> bool {
        let Poll::Ready(Some(event)) = Pin::new(&mut self.node).poll_next(cx) else { return false };
        if let SwarmEvent::Behaviour(BehaviourEvent::Ping(ping)) = &event
            && matches!(ping.result, Err(ping::Failure::Timeout))
        {
            self.node.close_connection(ping.connection);
        }
        self.direct.on_swarm_event(&event, &mut self.undelivered);
        self.links.on_swarm_event(&event, &mut self.node, &mut self.undelivered);
        true
    }

    fn poll_signals(&mut self, cx: &mut Context<'_>) -> bool {
        if self.signals_ended {
            return false;
        }
        match self.signals.poll_next_unpin(cx) {
            Poll::Ready(Some(Signal::Connectivity(connectivity))) => {
                self.links.on_connectivity(connectivity, &mut self.node, &mut self.undelivered);
            }
            Poll::Ready(Some(Signal::Visible)) => self.links.on_visibility(false),
            Poll::Ready(Some(Signal::Hidden)) => self.links.on_visibility(true),
            Poll::Ready(Some(Signal::Slept(slept))) => {
                self.links.on_slept(slept, &mut self.node, &mut self.undelivered);
            }
            Poll::Ready(None) => self.signals_ended = true,
            Poll::Pending => return false,
        }
        true
    }

    /// Takes one action. Ready with false when there will be no more.
    fn poll_action(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        if !self.links.has_room() || self.undelivered.len() >= MAX_UNANSWERED {
            return Poll::Pending;
        }
        let Some(action) = futures::ready!(self.actions.poll_next_unpin(cx)) else {
            return Poll::Ready(false);
        };
        match action {
            NetAction::ReachDirect { contact, peer, relays, key } => {
                self.direct.reach(contact, &peer, &relays, key);
            }
            NetAction::RelayOnly(only) => self.direct.set_relay_only(only, &mut self.node),
            NetAction::SendFileFrame(contact, frame) => {
                self.direct.send_file_frame(contact, &frame)
            }
            NetAction::SendDirect { contact, id, envelope } => {
                self.direct.send(contact, id, &envelope);
            }
            NetAction::ForgetDirect(contact) => self.direct.forget(contact),
            NetAction::Reconnect => self.links.reconnect(),
            action => self.links.request(action, &mut self.undelivered),
        }
        Poll::Ready(true)
    }
}

impl Future for EventLoop {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        loop {
            if this.deliver(cx).is_ready() {
                return Poll::Ready(());
            }
            let mut moved = match this.poll_action(cx) {
                Poll::Ready(false) => return Poll::Ready(()),
                Poll::Ready(true) => true,
                Poll::Pending => false,
            };
            moved |= this.poll_signals(cx);
            moved |= this.links.poll(&mut this.node, &mut this.undelivered, cx);
            moved |= this.direct.poll(&this.links, &mut this.node, &mut this.undelivered, cx);
            moved |= this.poll_node(cx);
            if !moved {
                return Poll::Pending;
            }
        }
    }
}
