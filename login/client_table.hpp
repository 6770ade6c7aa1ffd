// SPDX-License-Identifier: Apache-2.0
// The clients of this process, oldest first, and the rule of client_limit: who isn't logged in makes room for who
// comes; who is being handed over is never dropped.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>

namespace hearth::login {

class Client;
class Wakeup;
enum class Interrupt : unsigned char;

class ClientTable {
public:
    /// Clients that were dropped and still say good-bye. They don't count for the limit, so they have their own.
    static constexpr std::size_t leaving_max = 64;

    explicit ClientTable(std::size_t client_limit) : limit_(client_limit) {}

    /// May one more come? False: all are being handed over, or too many are still leaving; a listener is told when to
    /// ask again.
    [[nodiscard]] bool has_room() const;
    /// For one who came while has_room(): at the limit the oldest client that isn't logged in is interrupted for it.
    void make_room();
    /// The same, whatever the count: the kernel has no descriptor left for another.
    void displace_oldest();

    /// A client's place, from accept to its end. The table outlives it.
    class Place {
    public:
        Place(ClientTable& table, std::shared_ptr<Client> client);
        ~Place();
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;
        void set_authenticated(bool authenticated);

    private:
        friend class ClientTable;
        enum class Where : unsigned char { talking, finishing, leaving };
        ClientTable& table_;
        std::shared_ptr<Client> client_;
        Where where_ = Where::talking;
        std::list<Place*>::iterator at_;
    };

    void interrupt_unauthenticated(Interrupt why);
    [[nodiscard]] std::size_t size() const { return talking_.size() + finishing_.size() + leaving_.size(); }
    /// Rings whenever a client has left; `wakeup` must stay until remove_listener().
    void add_listener(Wakeup& wakeup) { listeners_.push_back(&wakeup); }
    void remove_listener(Wakeup& wakeup) { listeners_.remove(&wakeup); }

private:
    std::list<Place*>& list_of(Place::Where where);
    void move(Place& place, Place::Where where);

    std::size_t limit_;
    std::list<Place*> talking_, finishing_, leaving_; // oldest first
    std::list<Wakeup*> listeners_;
};

} // namespace hearth::login
