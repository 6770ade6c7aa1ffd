// SPDX-License-Identifier: Apache-2.0
#include "serve.hpp"
#include "client_connection.hpp"
#include "session.hpp"

#include "config/snapshot.hpp"
#include "log/log.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace hearth::imap {
namespace {

SessionInfo info_of(const worker::Session& session) {
    SessionInfo info;
    info.login_tag = session.login_tag();
    info.idle_notify_interval = session.settings().duration("imap_idle_notify_interval");
    info.id_fields_logged = session.settings().words("imap_id_log");
    if (!info.id_fields_logged.empty())
        info.on_client_id = [](std::string_view text) { log::info("ID sent: {}", text); };
    return info;
}

} // namespace

bool Household::open(const worker::Session& session) {
    if (account_) return true;
    auto opened = open_(session);
    if (opened)
        account_ = std::move(*opened);
    else
        log::error("the mail of {} can't be opened: {}", session.user(), opened.error().text);
    return account_ != nullptr;
}

asio::awaitable<void> Household::serve(worker::Session session) {
    if (!open(session)) {
        session.finish_with(session.login_tag() + " NO [UNAVAILABLE] Your mail can't be opened at the moment, its "
                                                  "administrator finds the reason in the log.\r\n");
        co_return;
    }
    asio::cancellation_signal silence;
    ClientConnection connection(session, silence);
    Session imap(*account_, connection, rendered_, info_of(session));
    auto ended = co_await asio::co_spawn(
        session.executor(), imap.run(), asio::bind_cancellation_slot(silence.slot(), asio::use_awaitable));
    log::info("{}", ended.summary());
    session.finish_with(std::move(ended.final_bytes));
}

void Household::went_idle() {
    if (account_) account_->went_idle();
}

} // namespace hearth::imap
