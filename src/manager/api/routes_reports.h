// Reports of a tenant, and what was made of them for the one who asks.
#pragma once

#include <functional>

#include "manager/api/router.h"
#include "manager/reports/pdf.h"
#include "manager/reports/report_deliveries.h"
#include "manager/reports/reports.h"

namespace warder::manager {

struct ReportParts {
  Reports& reports;
  ReportDeliveries& deliveries;
  std::function<void()> wake{};  // there is something to be made
  PdfOptions pdf{};
};

/// The parts outlive the routes.
void add_report_routes(Routes& routes, const ReportParts& parts);

}  // namespace warder::manager
