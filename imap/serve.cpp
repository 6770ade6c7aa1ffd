// SPDX-License-Identifier: Apache-2.0
#include "serve.hpp"
#include "capabilities.hpp"
#include "client_connection.hpp"
#include "compressible_connection.hpp"
#include "session.hpp"

#include "imap/capability_words.hpp"
#include "log/log.hpp"

namespace hearth::imap {

bool Household::open(const worker::Session& session) {
    if (account_) return true;
    auto opened = open_(session);
    if (!opened) {
        log::error("the mail of {} can't be opened: {}", session.user(), opened.error().text);
        return false;
    }
    account_ = std::move(*opened);
    options_ = read_options(session.settings());
    capabilities_ = capability_list(built_in_capabilities(), *options_, account_->message_bytes_max());
    return true;
}

SessionInfo Household::info_of(const worker::Session& session) const {
    SessionInfo info;
    info.login_tag = session.login_tag();
    info.options = &*options_;
    info.capabilities = capabilities_;
    info.idle_notify_interval = options_->idle_notify_interval;
    info.literal_minus = options_->literal_minus;
    info.id_fields_logged = options_->id_fields_logged;
    if (!info.id_fields_logged.empty())
        info.on_client_id = [](std::string_view text) { log::info("ID sent: {}", text); };
    return info;
}

boost::asio::awaitable<void> Household::serve(worker::Session session) {
    if (!open(session)) {
        session.finish_with(session.login_tag() + " NO [UNAVAILABLE] Your mail can't be opened at the moment, its "
                                                  "administrator finds the reason in the log.\r\n");
        co_return;
    }
    ClientConnection client(session);
    CompressibleConnection connection(client);
    Session imap(*account_, connection, rendered_, info_of(session));
    auto ended = co_await imap.run();
    log::info("{}", options_->logout_format.empty() ? ended.summary() : ended.summary(options_->logout_format));
    session.finish_with(connection.last_bytes(std::move(ended.final_bytes)));
}

void Household::went_idle() {
    if (account_) account_->went_idle();
}

} // namespace hearth::imap
