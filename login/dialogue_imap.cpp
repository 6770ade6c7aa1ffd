// SPDX-License-Identifier: Apache-2.0
#include "dialogue_imap.hpp"
#include "base/text.hpp"
#include "imap_conversation.hpp"
#include "imap/id_words.hpp"
#include "imap_texts.hpp"
#include "log/log.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace hearth::login {

boost::asio::awaitable<void> talk_imap(Front& front, std::shared_ptr<Client> client) {
    ImapConversation conversation(front, std::move(client));
    co_await conversation.run();
}

ImapConversation::ImapConversation(Front& front, std::shared_ptr<Client> client)
    : front_(front), client_(client), place_(front.clients, client) {
    fields_.secured = front_.settings.is_secured(client_->endpoints());
    passwords_ = fields_.secured || !front_.settings.disable_plaintext_auth;
    progress_.connected = Clock::now();
    deadline_ = progress_.connected + front_.settings.auth_timeout;
    client_->set_deadline(deadline_);
}

boost::asio::awaitable<void> ImapConversation::run() {
    co_await say(fmt::format(
        "* OK [CAPABILITY {}] {}", imap_capabilities(front_.settings, passwords_), front_.settings.greeting));
    while (!over_) {
        if (client_->interrupted() != Interrupt::none) {
            leave(boost::asio::error::operation_aborted);
            break;
        }
        const auto event = parser_.next();
        if (event == PreauthParser::Event::more)
            co_await fill();
        else
            co_await step(event);
    }
    client_->close();
}

boost::asio::awaitable<void> ImapConversation::step(PreauthParser::Event event) {
    // One client that pipelines without end has no more of this process than any other.
    if (++commands_ % commands_per_turn == 0) co_await boost::asio::post(front_.executor, boost::asio::use_awaitable);
    switch (event) {
    case PreauthParser::Event::continuation: co_await say("+ OK"); break;
    case PreauthParser::Event::bad: co_await bad(parser_.tag(), parser_.complaint()); break;
    case PreauthParser::Event::command: co_await dispatch(); break;
    default: bye(parser_.complaint(), "Disconnected: Input too long"); break;
    }
}

// All that can be said before login.
const ImapConversation::Verb ImapConversation::verbs[] = {
    {"LOGIN", &ImapConversation::login},
    {"AUTHENTICATE", &ImapConversation::authenticate},
    {"CAPABILITY", &ImapConversation::capability},
    {"ID", &ImapConversation::id},
    {"NOOP", &ImapConversation::noop},
    {"LOGOUT", &ImapConversation::logout},
    {"STARTTLS", &ImapConversation::starttls},
};

boost::asio::awaitable<void> ImapConversation::dispatch() {
    auto command = parser_.take_command();
    Handler handler = nullptr;
    for (const auto& verb : verbs)
        if (verb.name == command.name) handler = verb.handler;
    if (handler != nullptr)
        co_await (this->*handler)(command);
    else
        co_await bad(command.tag, "Unknown command, or not before login.");
    command.wipe_arguments();
}

boost::asio::awaitable<void> ImapConversation::capability(PreauthCommand& command) {
    co_await say(
        fmt::format("* CAPABILITY {}\r\n{} OK Pre-login capabilities listed, post-login capabilities have more.",
            imap_capabilities(front_.settings, passwords_), command.tag));
}

// RFC 2971: NIL, or a list of pairs, which go to the log as far as imap_id_log wants them.
boost::asio::awaitable<void> ImapConversation::id(PreauthCommand& command) {
    const auto& arguments = command.arguments;
    const bool fits = arguments.size() == 1 &&
                      (!arguments[0].is_text() || arguments[0].text == "NIL" || arguments[0].text == "nil") &&
                      arguments[0].items.size() <= 2 * imap::id_fields_max && arguments[0].items.size() % 2 == 0;
    if (!fits) {
        co_await bad(command.tag, "ID takes NIL or a list of pairs.");
        co_return;
    }
    imap::ClientId words(front_.settings.id_fields_logged);
    for (std::size_t i = 0; i + 1 < arguments[0].items.size(); i += 2)
        words.add(arguments[0].items[i].text, arguments[0].items[i + 1].text);
    if (const auto text = words.text(); !text.empty()) write_log("ID sent: " + text);
    co_await say(fmt::format("* ID {}\r\n{} OK ID completed.", front_.settings.id_reply, command.tag));
}

boost::asio::awaitable<void> ImapConversation::noop(PreauthCommand& command) {
    co_await say(command.tag + " OK NOOP completed.");
}

boost::asio::awaitable<void> ImapConversation::logout(PreauthCommand& command) {
    client_->say_and_forget(fmt::format("* BYE Logging out\r\n{} OK Logout completed.\r\n", command.tag));
    end("Aborted login");
    co_return;
}

boost::asio::awaitable<void> ImapConversation::starttls(PreauthCommand& command) {
    co_await bad(command.tag, "TLS support isn't enabled.");
}

// More bytes for the parser. False: there won't be any.
boost::asio::awaitable<bool> ImapConversation::fill() {
    auto bytes = co_await client_->read();
    if (!bytes) {
        leave(bytes.error());
        co_return false;
    }
    parser_.feed(*bytes);
    wipe(*bytes);
    co_return true;
}

boost::asio::awaitable<void> ImapConversation::say(std::string line) {
    line += "\r\n";
    const auto written = co_await client_->write(std::move(line));
    if (!written && !over_) leave(written.error());
}

boost::asio::awaitable<void> ImapConversation::bad(std::string tag, std::string text) {
    if (++bad_commands_ >= bad_commands_max) {
        bye("Too many invalid IMAP commands.", "Disconnected: Too many bad commands");
        co_return;
    }
    co_await say(fmt::format("{} BAD {}", tag, text));
}

void ImapConversation::bye(std::string_view text, std::string_view log_reason) {
    client_->say_and_forget(fmt::format("* BYE {}\r\n", text));
    end(log_reason);
}

// The client is gone, or was told to go.
void ImapConversation::leave(const error_code& error) {
    switch (client_->interrupted()) {
    case Interrupt::timeout:
        return bye("Disconnected for inactivity.",
            progress_.in_sasl ? "Disconnected: Inactivity during authentication" : "Disconnected: Inactivity");
    case Interrupt::displaced:
        return bye("[UNAVAILABLE] Connection queue full, try again later.", "Disconnected: Connection queue full");
    case Interrupt::shutting_down: return bye("Server shutting down.", "Disconnected: Shutting down");
    case Interrupt::none: break;
    }
    const bool ordinary = error == boost::asio::error::eof || error.value() == ECONNRESET || error.value() == EPIPE;
    end(ordinary ? "Disconnected" : "Disconnected: " + error.message());
}

void ImapConversation::end(std::string_view log_reason) {
    over_ = true;
    write_log(fmt::format("{} {}", log_reason, progress_text(progress_, Clock::now())));
}

void ImapConversation::write_log(std::string_view message, std::uint32_t worker_pid, std::string reuse) {
    auto fields = fields_;
    fields.worker_pid = worker_pid;
    fields.reuse = std::move(reuse);
    log::info("{}",
        format_line(front_.settings.log_format, front_.settings.log_elements, message, fields, client_->endpoints()));
}

} // namespace hearth::login
