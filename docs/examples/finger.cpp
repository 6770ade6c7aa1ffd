// SPDX-License-Identifier: Apache-2.0
// A whole worker: it tells who a user is. The framework does the rest (README.md).
#include "worker/session.hpp"

#include <array>
#include <fmt/format.h>

namespace {

using hearth::worker::Session;

// One session: the client may ask with one line, and gets one line. Nothing of it is left to do when it says
// finish_with(), so the worker is free for the user's next connection before the client has read the answer.
boost::asio::awaitable<void> answer(Session session) {
    std::array<char, 512> question{};
    const auto asked = co_await session.read_some(question);
    if (!asked) co_return; // it left, or the service ends
    session.finish_with(fmt::format(
        "{} is at {}, {} of session {}\r\n", session.user(), session.home(), session.remote_ip(), session.id().text()));
}

} // namespace

int main() {
    return hearth::worker::serve("finger", answer);
}
