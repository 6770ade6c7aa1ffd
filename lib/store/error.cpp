// SPDX-License-Identifier: Apache-2.0
#include "store/error.hpp"

namespace hearth::store {
namespace {

// Boost's base has a protected, non-virtual destructor on purpose: nobody deletes a category.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class Category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "hearth.store"; }
    std::string message(int value) const override {
        switch (static_cast<Error>(value)) {
        case Error::no_such_mailbox: return "no such mailbox";
        case Error::not_selectable: return "the name has no messages, only children";
        case Error::expunged: return "the message is gone";
        case Error::in_use: return "another process keeps the mailbox locked";
        case Error::corrupt: return "the mailbox needs an administrator";
        case Error::unavailable: return "the file system failed";
        case Error::not_permitted: return "file permissions forbid it";
        case Error::busy: return "another process is writing";
        case Error::unfinished: return "the work goes on";
        case Error::already_exists: return "there is one of this name";
        case Error::has_children: return "it has mailboxes below it";
        case Error::bad_name: return "no mailbox can have this name";
        case Error::over_quota: return "no room is left";
        case Error::too_big: return "the message is too large";
        case Error::limit_reached: return "a limit is reached";
        case Error::unsupported: return "this store can't do it";
        }
        return "unknown store error";
    }
};
#pragma GCC diagnostic pop

} // namespace

const boost::system::error_category& error_category() {
    static const Category category;
    return category;
}

} // namespace hearth::store
