// A page of HTML as PDF, drawn by the Chromium of the system where there is one: in a process of its own without a
// network, with limits on time, memory and output, and as a user that nobody else is where the manager is root.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace warder::manager {

struct PdfOptions {
  std::string program = "chromium";  // searched on PATH
  std::chrono::milliseconds timeout{30'000};
  std::size_t max_bytes = 16 << 20;  // of the PDF
  std::filesystem::path
      work_folder{};  // where the page lies meanwhile; empty: in memory, where the system has /dev/shm
};

/// A4 as the page's style sheet says it. `made` is the time that stands in it, so that the same page gives the same
/// bytes of the same Chromium. Unavailable: there is no Chromium, or it could not be confined, or it failed. Timeout:
/// it was killed, with all that it had started. TooLarge: the PDF is. Blocks; pages wait for one another.
Result<std::string> pdf_of_html(std::string_view html, Timestamp made, const PdfOptions& options = {});

}  // namespace warder::manager
