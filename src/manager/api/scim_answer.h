// What differs in answers to SCIM's clients from all others: the place, the media type, the form of errors.
#pragma once

#include <string>
#include <string_view>

#include "manager/net/http.h"

namespace warder::manager {

inline constexpr std::string_view kScimPrefix = "/scim/v2";
inline constexpr std::string_view kScimType = "application/scim+json";

/// Where the contract has the path: SCIM's clients are given the short one.
std::string contract_path(std::string_view path);
bool is_scim_path(std::string_view path);
/// A problem as RFC 7644 section 3.12 has it; what is none stays.
HttpResponse with_scim_error(HttpResponse response);

}  // namespace warder::manager
