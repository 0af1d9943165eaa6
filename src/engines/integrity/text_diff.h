// The difference of two small texts, as diff -u writes it.
#pragma once

#include <string>
#include <string_view>

namespace warder::integrity {

/// With three lines of context and no file names. Texts of very many lines are told as wholly replaced. At most 16 KiB,
/// then cut at a line.
std::string text_diff(std::string_view was, std::string_view is);

}  // namespace warder::integrity
