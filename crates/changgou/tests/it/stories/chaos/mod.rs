//! Nodes and servers that are killed under load.

mod three_nodes;
