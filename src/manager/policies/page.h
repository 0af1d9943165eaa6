// Lists, page by page.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace warder::manager {

template <class Item>
struct Page {
  std::vector<Item> items;
  std::optional<std::string> next_cursor;  // absent: this was the last page
};

struct PageRequest {
  std::size_t limit = 100;
  std::string cursor;  // of the page before; empty: the first
};

}  // namespace warder::manager
