// SPDX-License-Identifier: Apache-2.0
#include "client_table.hpp"
#include "client.hpp"
#include "wakeup.hpp"

namespace hearth::login {

bool ClientTable::has_room() const {
    return talking_.size() + finishing_.size() < limit_ || (!talking_.empty() && leaving_.size() < leaving_max);
}

void ClientTable::make_room() {
    if (talking_.size() + finishing_.size() >= limit_) displace_oldest();
}

void ClientTable::displace_oldest() {
    if (talking_.empty() || leaving_.size() >= leaving_max) return;
    auto& oldest = *talking_.front();
    move(oldest, Place::Where::leaving);
    oldest.client_->interrupt(Interrupt::displaced);
}

void ClientTable::interrupt_unauthenticated(Interrupt why) {
    for (auto* place : talking_)
        place->client_->interrupt(why);
}

std::list<ClientTable::Place*>& ClientTable::list_of(Place::Where where) {
    return where == Place::Where::talking ? talking_ : where == Place::Where::finishing ? finishing_ : leaving_;
}

void ClientTable::move(Place& place, Place::Where where) {
    auto& to = list_of(where);
    to.splice(to.end(), list_of(place.where_), place.at_);
    place.where_ = where;
}

ClientTable::Place::Place(ClientTable& table, std::shared_ptr<Client> client)
    : table_(table), client_(std::move(client)), at_(table.talking_.insert(table.talking_.end(), this)) {}

ClientTable::Place::~Place() {
    table_.list_of(where_).erase(at_);
    for (auto* listener : table_.listeners_)
        listener->notify();
}

void ClientTable::Place::set_authenticated(bool authenticated) {
    // Who was told to leave stays in that list: the interrupt is under way, and ends it after the handover at the
    // latest.
    if (where_ != Where::leaving) table_.move(*this, authenticated ? Where::finishing : Where::talking);
}

} // namespace hearth::login
