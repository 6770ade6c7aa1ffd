// SPDX-License-Identifier: Apache-2.0
#include "worker/session.hpp"
#include "worker/session_state.hpp"

#include <algorithm>

namespace hearth::worker {

namespace asio = boost::asio;

Session::Session(std::shared_ptr<State> state) : state_(std::move(state)) {}

const std::string& Session::user() const {
    return state_->facts.identity->user;
}

const std::string& Session::home() const {
    return state_->facts.identity->home;
}

const std::string& Session::mail_location() const {
    return state_->facts.identity->mail_location;
}

const std::string& Session::policy(std::string_view key) const {
    static const std::string none;
    const auto& fields = state_->facts.identity->policy;
    const auto found =
        std::find_if(fields.begin(), fields.end(), [&](const auto& field) { return field.first == key; });
    return found == fields.end() ? none : found->second;
}

const SessionId& Session::id() const {
    return state_->facts.id;
}

const std::string& Session::remote_ip() const {
    return state_->facts.remote_ip;
}

const std::string& Session::local_ip() const {
    return state_->facts.local_ip;
}

bool Session::is_secured() const {
    return state_->facts.secured;
}

const std::string& Session::login_tag() const {
    return state_->facts.login_tag;
}

const config::Snapshot& Session::settings() const {
    return *state_->facts.settings;
}

asio::any_io_executor Session::executor() const {
    return state_->executor;
}

asio::awaitable<Result<std::size_t>> Session::read_some(std::span<char> out) {
    return state_->read_some(out);
}

asio::awaitable<Result<void>> Session::wait_readable() {
    return state_->wait_readable();
}

void Session::interrupt() {
    state_->interrupt();
}

asio::awaitable<Result<void>> Session::write(std::string_view bytes) {
    return state_->write(bytes);
}

void Session::finish_with(std::string last_bytes) {
    state_->last_bytes = std::move(last_bytes);
}

bool Session::is_ending() const {
    return state_->is_ending;
}

} // namespace hearth::worker
