// SPDX-License-Identifier: Apache-2.0
// Carries out what OfferLoop decides: connects, sends the offer, waits for answers, reads the grant back.
#pragma once

#include "base/unique_fd.hpp"
#include "offer_loop.hpp"

#include <boost/asio/awaitable.hpp>
#include <deque>
#include <memory>
#include <string>

namespace hearth::login {

class Client;
struct Front;

/// One handover of one authenticated client. Takes the client out of the event loop and never writes to it or reads
/// from it; afterwards the outcome says whose it is.
class Handover {
public:
    /// While a session waits in anvil's queue its client is looked after so often.
    static constexpr auto hang_up_check = std::chrono::milliseconds(500);

    struct Request {
        std::string service;       ///< the worker's, e.g. "imap"
        std::uint32_t auth_id = 0; ///< the finished authentication
        protocol::auth::Succeeded who;
        UniqueFd grant;
        protocol::Offer offer; ///< session, generation and `shared` are filled in here
    };

    /// `front` and `client` outlive it.
    Handover(Front& front, std::shared_ptr<Client> client, Request request);
    /// Ends the authentication too: there are no further grants after this.
    ~Handover();
    Handover(const Handover&) = delete;
    Handover& operator=(const Handover&) = delete;

    /// Once.
    boost::asio::awaitable<Outcome> run();

    /// What the client had sent, for a client that stays.
    std::string take_pipelined() { return std::move(request_.offer.opaque.pipelined); }
    /// The last worker's reason, for the log; may be empty.
    [[nodiscard]] const std::string& reason() const { return reason_; }

private:
    struct Connection; // one offer's, shared with its pending wait

    void perform(const Actions& actions);
    void perform(const Action& action);
    void tell(Event event) { inbox_.push_back(std::move(event)); }

    void look_up();
    void connect_to(std::uint32_t pid);
    Connected open_connection(std::uint32_t pid);
    Connected check_peer(int fd, std::uint32_t pid);
    void send_offer();
    void close_offer();
    void look_for_answer();
    bool take_answer();
    void note(const protocol::OfferAnswer& answer, std::uint32_t pid);
    void wait_for_answer();
    void peek_grant();
    void read_grant_back();
    void ask_for_grant();
    void look_after_client();

    Front& front_;
    std::shared_ptr<Client> client_;
    Request request_;
    OfferLoop loop_;
    std::deque<Event> inbox_;
    std::shared_ptr<Connection> connection_;
    std::uint32_t pid_ = 0; // of the candidate, 0 on the shared listener
    std::optional<std::uint32_t> lookup_;
    std::string reason_;
};

} // namespace hearth::login
