// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace hearth::imap {

/// Merge sort, stable, n log n comparisons, that can be interrupted: step() until done(). `before` must be a strict weak
/// order.
template <class Value, class Before> class SlicedSort {
public:
    /// Values sorted or merged in one step.
    static constexpr std::size_t step_values = 2048;

    SlicedSort(std::vector<Value> values, Before before)
        : values_(std::move(values)), merged_(values_.size()), before_(std::move(before)) {
        if (values_.size() < 2) width_ = values_.size() + 1;
    }

    [[nodiscard]] bool done() const { return width_ > values_.size(); }
    /// The sorted values, once done().
    std::vector<Value> take() { return std::move(values_); }

    void step() {
        if (width_ == 0)
            sort_run();
        else if (!done())
            merge();
    }

private:
    void sort_run() {
        const auto end = std::min(at_ + step_values, values_.size());
        std::stable_sort(offset(at_), offset(end), before_);
        at_ = end;
        if (at_ < values_.size()) return;
        at_ = 0;
        width_ = step_values;
        if (width_ >= values_.size()) width_ = values_.size() + 1;
    }

    // Runs of `width_` become runs of twice that, in `merged_`: left_ and right_ are where the pair at hand stands.
    void merge() {
        for (std::size_t budget = step_values; budget > 0; --budget) {
            const auto middle = std::min(at_ + width_, values_.size());
            const auto end = std::min(middle + width_, values_.size());
            const bool has_left = at_ + left_ < middle, has_right = middle + right_ < end;
            if (!has_left && !has_right) {
                if (next_pair(end)) return;
                continue;
            }
            const bool take_right =
                has_right && (!has_left || before_(values_[middle + right_], values_[at_ + left_]));
            auto& from = take_right ? values_[middle + right_] : values_[at_ + left_];
            merged_[at_ + left_ + right_] = std::move(from);
            ++(take_right ? right_ : left_);
        }
    }

    // True when a round over all runs is over.
    bool next_pair(std::size_t end) {
        left_ = right_ = 0;
        at_ = end;
        if (at_ < values_.size()) return false;
        at_ = 0;
        values_.swap(merged_);
        width_ *= 2;
        if (width_ >= values_.size()) width_ = values_.size() + 1;
        return true;
    }

    auto offset(std::size_t index) { return values_.begin() + static_cast<std::ptrdiff_t>(index); }

    std::vector<Value> values_, merged_;
    Before before_;
    std::size_t width_ = 0; // of sorted runs; 0: none is sorted yet
    std::size_t at_ = 0, left_ = 0, right_ = 0;
};

} // namespace hearth::imap
