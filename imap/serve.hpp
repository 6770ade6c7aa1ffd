// SPDX-License-Identifier: Apache-2.0
// Between the worker framework and the protocol: one account per process, kept warm over the sessions of its user.
#pragma once

#include "options.hpp"
#include "rendered_items.hpp"
#include "store/store.hpp"
#include "worker/session.hpp"

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace hearth::imap {

struct SessionInfo;

/// Opens the mail of a session's user, or says for the log why not. Called at the first session of a process, and
/// again while it fails.
using OpenAccount = std::function<Checked<std::unique_ptr<store::Account>>(const worker::Session& session)>;

/// What a worker process keeps, all of it: the account (with the caches that docs/store.md declares), the settings, and
/// what was rendered of messages (docs/protocol/imap.md). Outlives all its sessions.
class Household {
public:
    explicit Household(OpenAccount open) : open_(std::move(open)) {}

    /// worker::Handler: serves one client.
    boost::asio::awaitable<void> serve(worker::Session session);
    /// worker::Hooks::went_idle. The rendered items stay: they are small, bounded, and what makes the next click warm.
    void went_idle();

private:
    bool open(const worker::Session& session);
    [[nodiscard]] SessionInfo info_of(const worker::Session& session) const;

    OpenAccount open_;
    std::unique_ptr<store::Account> account_;
    std::optional<Options> options_;
    std::string capabilities_;
    RenderedItems rendered_;
};

} // namespace hearth::imap
