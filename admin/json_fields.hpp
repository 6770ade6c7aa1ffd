// SPDX-License-Identifier: Apache-2.0
// Fields of an answer, with a default for what is missing: an older process may not know them.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>

namespace hearth::admin {

inline std::int64_t number(const boost::json::object& object, const char* key) {
    const auto* value = object.if_contains(key);
    return value == nullptr || !value->is_number() ? 0 : value->to_number<std::int64_t>();
}
inline double fraction(const boost::json::object& object, const char* key) {
    const auto* value = object.if_contains(key);
    return value == nullptr || !value->is_number() ? 0 : value->to_number<double>();
}
inline std::string text(const boost::json::object& object, const char* key) {
    const auto* value = object.if_contains(key);
    return value == nullptr || !value->is_string() ? std::string() : std::string(value->as_string());
}
/// Empty if it is missing.
inline boost::json::object object_of(const boost::json::object& object, const char* key) {
    const auto* value = object.if_contains(key);
    return value == nullptr || !value->is_object() ? boost::json::object() : value->as_object();
}

} // namespace hearth::admin
