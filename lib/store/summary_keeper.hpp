// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/summary.hpp"
#include "store/index/index.hpp"

#include <memory>

namespace hearth::store {

/// Summaries and sizes of messages: from the index, or on their way into it. They are written some at a time, because
/// a list makes many; what isn't written yet when the process dies is made again.
class SummaryKeeper {
public:
    /// `index` must outlive this.
    explicit SummaryKeeper(Index& index) : index_(index) {}

    struct Kept {
        bool known = false;                           ///< false: nobody has made one yet
        std::shared_ptr<const mail::Summary> summary; ///< null: the message is too odd to have one
    };
    Result<Kept> find(std::int64_t message);
    std::shared_ptr<const mail::Summary> make(std::int64_t message, const mail::Message& parsed);
    [[nodiscard]] std::optional<std::int64_t> size_of(std::int64_t message) const;
    void keep_size(std::int64_t message, std::int64_t size);
    /// A digest for a message whose summary is kept already.
    void keep_digest(std::int64_t message, std::int64_t size, std::string digest);
    /// Writes what waits, as far as the index isn't busy.
    void flush();

private:
    void keep(KeptSummary summary);

    Index& index_;
    std::uint64_t generation_ = 0; // of the index that waiting_ is meant for
    std::vector<KeptSummary> waiting_;
};

} // namespace hearth::store
