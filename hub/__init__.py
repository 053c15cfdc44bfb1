"""An integration hub between a car maker, its dealers and its ERP."""
