// SPDX-License-Identifier: Apache-2.0
// What every imap worker would initialise at its first session, done once in the zygote (worker::Hooks).
#pragma once

namespace hearth::config {
class Snapshot;
}

namespace hearth::imap {

/// worker::Hooks::prepare. Opens nothing that stays open and keeps nobody's data; no source of randomness is left
/// seeded.
void prepare(const config::Snapshot& settings);

} // namespace hearth::imap
