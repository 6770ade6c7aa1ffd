// SPDX-License-Identifier: Apache-2.0
// imap-login: speaks to unknown clients, and to nobody's mail. Accepts, greets, authenticates, hands over.
#include "config/snapshot.hpp"
#include "descriptors.hpp"
#include "dialogue_imap.hpp"
#include "log/log.hpp"
#include "login_process.hpp"
#include "process/start.hpp"
#include "protocol/service.hpp"

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <unistd.h>

namespace {

using namespace hearth;

// Sockets are named relative to base_dir/login from here on, which is "/" of the chroot, if there is one.
void enter(const process::Start& start) {
    if (::chdir((start.base_dir + "/login").c_str()) != 0)
        throw std::system_error(errno, std::generic_category(), start.base_dir + "/login");
    start.give_up_privileges();
}

int run() {
    auto start = process::Start::take();
    const auto snapshot = config::Snapshot::read(start.descriptor(protocol::service::fd_settings).get());
    if (!snapshot) throw std::runtime_error("settings: " + snapshot.error().text);
    auto settings = login::read_settings(*snapshot);
    if (const auto enough_for = login::clients_that_descriptors_allow(); enough_for < settings.client_limit) {
        log::warning(
            "client_limit is {}, but the limit of open files is enough for {} only: raise it (ulimit -n, LimitNOFILE=)",
            settings.client_limit, enough_for);
        settings.client_limit = enough_for;
    }
    auto life = start.descriptor(protocol::service::fd_life);
    auto listeners = start.listeners();
    if (listeners.empty()) throw std::runtime_error("no inet_listener: this service has nothing to do");
    enter(start);
    // A system call filter belongs here: nothing below opens a file, all sockets are made by connect and accept.

    boost::asio::io_context context(1);
    login::Front front(context.get_executor(), std::move(settings), start.managed);
    login::LoginProcess process(front, std::move(life), std::move(listeners), login::talk_imap);
    process.start();
    start.say_ready();
    context.run();
    return EXIT_SUCCESS;
}

} // namespace

int main() {
    try {
        return run();
    } catch (const std::exception& error) {
        log::error("{}", error.what());
        return EXIT_FAILURE;
    }
}
