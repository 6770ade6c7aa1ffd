// SPDX-License-Identifier: Apache-2.0
// Everything around a worker, played by the test: master, auth, anvil, login and client. The worker itself is a real
// forked process that runs worker::run() with a small protocol (fake_handler.cpp).
#pragma once

#include "base/unique_fd.hpp"
#include "protocol/anvil.hpp"
#include "protocol/offer.hpp"
#include "temporary_directory.hpp"
#include "worker/worker.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>

namespace hearth::worker::fake {

/// Root's tests give everybody a uid; without root all of it is one uid (a private instance).
bool is_root();
constexpr uid_t user_uid = 12345, login_uid = 12346;
constexpr gid_t user_gid = 12347, login_gid = 12348;

struct Options {
    bool managed = false;
    LifeLimits limits{.generation = 5};
};

/// Both ends of a stream; `server` is what login would offer.
struct Client {
    UniqueFd near, server;
    Client();
    void send(std::string_view bytes) const;
    /// The next `size` bytes; fewer at end of file.
    [[nodiscard]] std::string read(std::size_t size) const;
    [[nodiscard]] std::string read_to_end() const;
};

/// One offer on its way, from login's side.
struct Offered {
    UniqueFd connection;
    Client client;
    /// The next answer; nothing at end of file or reset.
    [[nodiscard]] std::optional<protocol::OfferAnswer> answer() const;
    /// The next answer that isn't ACCEPTED.
    [[nodiscard]] protocol::OfferReply reply() const;
};

class Instance {
public:
    explicit Instance(Options options = {});
    ~Instance();

    /// Starts (another) worker, and returns when it has said READY.
    pid_t start();
    [[nodiscard]] pid_t pid() const { return pid_; } ///< the last one started

    // ---- auth ----
    [[nodiscard]] protocol::Grant grant(std::string_view user = "alice") const;
    /// The end that a worker gets.
    static UniqueFd issue(const protocol::Grant& grant);
    static UniqueFd issue_record(std::string_view record);

    // ---- login ----
    [[nodiscard]] UniqueFd connect_shared() const;
    /// Also through a shut gate, which is a hint and not a lock.
    [[nodiscard]] UniqueFd connect_gate(pid_t pid = 0) const;
    [[nodiscard]] std::string gate_path(pid_t pid = 0) const;
    [[nodiscard]] Offered offer_shared(const protocol::Grant& grant) const;
    [[nodiscard]] Offered offer_gate(const protocol::Grant& grant) const;
    [[nodiscard]] static Offered offer(
        UniqueFd connection, const protocol::Grant& grant, int grant_fd, std::string pipelined = {});
    /// May login connect to the gate now? Tried as login's user where there is one.
    [[nodiscard]] bool gate_is_open() const;

    // ---- anvil, master ----
    [[nodiscard]] protocol::anvil::WorkerReport report() const;
    /// The first report from now on of which this is true.
    [[nodiscard]] protocol::anvil::WorkerReport report_where(
        const std::function<bool(const protocol::anvil::WorkerReport&)>& is) const;
    [[nodiscard]] int report_socket() const { return reports_.get(); }
    [[nodiscard]] const std::string& directory() const { return directory_.path(); }
    [[nodiscard]] std::string notice() const;
    void signal(int number, std::uint32_t value = 0) const;
    void die() { lives_.clear(); } ///< as the master would: the life pipes end
    /// Waits for the process's end; its exit code, or minus the signal.
    int exit_code();

private:
    [[noreturn]] void run_child(UniqueFd life, UniqueFd notify);

    Options options_;
    test::TemporaryDirectory directory_;
    UniqueFd shared_, reports_, notices_;
    std::vector<UniqueFd> lives_; // write ends of the life pipes, one a worker
    pid_t pid_ = 0;
    std::vector<pid_t> alive_;
};

/// Blocks until `fd` is ready for `events` (5 s at most); false: it never was.
bool wait_for(int fd, short events = 1);

/// The worker's protocol, one line a command: see fake_handler.cpp.
boost::asio::awaitable<void> handle(Session session);

} // namespace hearth::worker::fake
