//! What becomes of connections that are open when a change denies their clients, and the commands that cut them.

use super::{CopyButton, Notice, Tone, prose};
use crate::text::{counted, len};
use leptos::prelude::*;
use policy::reach::live::{Cut, OpenConnections};

/// The sentences, and the commands by the nodes that they are for.
pub(crate) fn open_connections(open: OpenConnections) -> AnyView {
    let sentences = open.sentences.iter().map(|sentence| view! { <p>{prose(sentence)}</p> }).collect_view();
    let cuts = open.cuts.into_iter().map(cut).collect_view();
    view! {
        <Notice tone=Tone::Changes title="Open connections stay">
            {sentences}
            {cuts}
        </Notice>
    }
    .into_any()
}

fn cut(cut: Cut) -> AnyView {
    let nodes = format!("On each of {}: {}", cut.nodes_in_words(), counted(len(&cut.commands), "command", "commands"));
    let commands = cut.commands.join("\n");
    view! {
        <details>
            <summary>{prose(&nodes)}</summary>
            <CopyButton text=Signal::stored(commands.clone()) label="Copy commands" of=cut.nodes_in_words() />
            <div class="yaml"><span class="yaml-line">{commands}</span></div>
        </details>
    }
    .into_any()
}
