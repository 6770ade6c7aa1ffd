// SPDX-License-Identifier: Apache-2.0
// A worker with its first session, and what tests of sessions and of the end ask of it.
#pragma once

#include "fake_instance.hpp"

#include <doctest/doctest.h>

namespace hearth::worker::fake {

struct Served {
    Instance instance;
    Offered session;
    explicit Served(Options options = {}) : instance(options) {
        instance.start();
        session = instance.offer_shared(instance.grant());
        REQUIRE(session.reply() == protocol::OfferReply::taken);
        REQUIRE(instance.notice() == "HEARTH_STATE=bound");
    }
    void quit() const {
        session.client.send("QUIT\n");
        REQUIRE(session.client.read_to_end() == "BYE\n");
    }
};

inline bool is_idle(const protocol::anvil::WorkerReport& report) {
    return report.accepts && report.sessions.empty();
}

} // namespace hearth::worker::fake
