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
    let nodes = cut.nodes_in_words();
    let title = format!("On each of {nodes}: {}", counted(len(&cut.commands), "command", "commands"));
    let commands = cut.commands.join("\n");
    view! {
        <details>
            <summary>{prose(&title)}</summary>
            <CopyButton text=Signal::stored(commands.clone()) label="Copy commands" of=format!("for {}", nodes.replace('`', "")) />
            <div class="yaml"><span class="yaml-line">{commands}</span></div>
        </details>
    }
    .into_any()
}
