// For tests: a PDF of two pages, one of them wide.
#pragma once

#include <string>

#include "manager/trust/watermark.h"

namespace warder::manager::testing {

/// A document that takes a watermark: it is made like one.
inline std::string small_pdf(const std::string& says = "Report") {
  return watermark_page({says, "Example Ltd.", "author@example.com", 1, Timestamp{}});
}

}  // namespace warder::manager::testing
