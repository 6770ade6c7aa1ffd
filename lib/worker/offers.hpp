// SPDX-License-Identifier: Apache-2.0
// Offers as they arrive: accepts connections, waits for the one record of each, hands it on to who decides. A peer that
// connects and says nothing costs a place for a second and holds nobody up.
#pragma once

#include "net/unix_socket.hpp"
#include "protocol/offer.hpp"
#include "worker/life.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <memory>

namespace hearth::worker {

/// Answers an offer; never blocks. False: the login is gone or doesn't read, it has not heard this.
bool send_answer(int connection, protocol::OfferReply reply, std::string reason = {});

/// The coroutines that accept must have ended before this goes: close the listeners, and wait for in_flight() == 0.
class Offers {
public:
    /// Decides about a record and answers it on `connection`, at once. The connection is closed afterwards.
    using Consider = std::function<void(int connection, Origin origin, net::Received record)>;
    /// `changed` is called when an offer is over.
    Offers(boost::asio::any_io_executor executor, Consider consider, std::function<void()> changed);

    /// Accepts until the listener is closed. On the shared listener says ACCEPTED first, and takes the next only when
    /// the last one's record was decided about or is late (`patience`): whoever becomes one user's by an offer had
    /// better not hold another user's.
    boost::asio::awaitable<void> accept_from(boost::asio::posix::stream_descriptor& listener, Origin origin);

    /// Accepts what is queued, until nothing is: for a listener that lets nobody in any more.
    void accept_rest(int listener, Origin origin);

    /// Offers accepted and not answered yet.
    [[nodiscard]] std::size_t in_flight() const { return waiting_.size(); }

    static constexpr std::size_t in_flight_max = 16;
    static constexpr auto record_deadline = std::chrono::seconds(1);
    static constexpr auto patience = std::chrono::milliseconds(20);

private:
    struct Waiting;
    void welcome(UniqueFd connection, Origin origin);
    bool receive(int connection, Origin origin);
    void watch(const std::shared_ptr<Waiting>& waiting);
    void finish(const std::shared_ptr<Waiting>& waiting);
    void arm_deadline();
    boost::asio::awaitable<void> pause(std::chrono::milliseconds at_most);

    boost::asio::any_io_executor executor_;
    Consider consider_;
    std::function<void()> changed_;
    boost::asio::steady_timer pause_; // ends early when an offer is over
    boost::asio::steady_timer deadline_;
    bool deadline_armed_ = false;
    std::list<std::shared_ptr<Waiting>> waiting_; // the oldest first
};

} // namespace hearth::worker
