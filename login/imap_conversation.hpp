// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client.hpp"
#include "dialogue_imap.hpp"
#include "handover.hpp"
#include "log_lines.hpp"
#include "preauth_parser.hpp"

namespace hearth::login {

/// The state of one client's dialogue. dialogue_imap.cpp reads commands and answers the simple ones, imap_login.cpp
/// authenticates and hands over.
class ImapConversation {
public:
    ImapConversation(Front& front, std::shared_ptr<Client> client);

    boost::asio::awaitable<void> run();

private:
    using Handler = boost::asio::awaitable<void> (ImapConversation::*)(PreauthCommand& command);
    struct Verb {
        std::string_view name;
        Handler handler;
    };
    static const Verb verbs[];

    // Commands. A command lives until its handler is done.
    boost::asio::awaitable<void> capability(PreauthCommand& command);
    boost::asio::awaitable<void> id(PreauthCommand& command);
    boost::asio::awaitable<void> noop(PreauthCommand& command);
    boost::asio::awaitable<void> logout(PreauthCommand& command);
    boost::asio::awaitable<void> starttls(PreauthCommand& command);
    boost::asio::awaitable<void> login(PreauthCommand& command);
    boost::asio::awaitable<void> authenticate(PreauthCommand& command);

    boost::asio::awaitable<void> step(PreauthParser::Event event);
    boost::asio::awaitable<void> dispatch();
    boost::asio::awaitable<bool> fill();
    boost::asio::awaitable<void> say(std::string line);
    boost::asio::awaitable<void> bad(std::string tag, std::string text);
    void bye(std::string_view text, std::string_view log_reason);
    void leave(const error_code& error);

    // Authentication (imap_login.cpp).
    boost::asio::awaitable<void> refuse_plaintext(const std::string& tag);
    boost::asio::awaitable<void> authenticate_with(
        std::string tag, std::string mechanism, std::optional<std::string> initial, bool may_ask);
    boost::asio::awaitable<std::optional<std::string>> ask(const std::string& tag, const std::string& challenge);
    boost::asio::awaitable<void> fail(const std::string& tag, const protocol::auth::Failed& failed);
    boost::asio::awaitable<void> hand_over(std::string tag, std::uint32_t auth_id, AuthAnswer answer);
    boost::asio::awaitable<void> keep(std::string tag, const Refused& refused, std::string pipelined, std::string why);

    void write_log(std::string_view message, std::uint32_t worker_pid = 0, std::string reuse = "");
    void end(std::string_view log_reason);

    Front& front_;
    std::shared_ptr<Client> client_;
    ClientTable::Place place_;
    PreauthParser parser_;
    LineFields fields_;
    Progress progress_;
    Time deadline_;
    bool passwords_ = false; // they may cross this connection
    bool over_ = false;
    int bad_commands_ = 0, failed_logins_ = 0, commands_ = 0;
};

} // namespace hearth::login
