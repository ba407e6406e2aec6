# The reaper's alarms: docs/operations.md says what to do at each.

locals {
  namespace = "Hallpass/${var.hub}"

  metrics = {
    ReaperCompleted            = { pattern = "{ $.message = \"ReaperCompleted\" }", value = "1" }
    ReaperOldestOverdueSeconds = { pattern = "{ $.message = \"ReaperCompleted\" }", value = "$.oldestOverdueSeconds" }
    ReaperAlarmLines           = { pattern = "{ $.level = \"alarm\" }", value = "1" }
  }

  # missing: breaching where silence is the fault; ignore where silence changes nothing.
  alarms = {
    ReaperMissing     = { metric = "ReaperCompleted", statistic = "Sum", below = true, threshold = 1, periods = 3, missing = "breaching" }
    ReaperOverdue     = { metric = "ReaperOldestOverdueSeconds", statistic = "Maximum", below = false, threshold = 900, periods = 1, missing = "ignore" }
    ReaperAlarmLogged = { metric = "ReaperAlarmLines", statistic = "Sum", below = false, threshold = 1, periods = 1, missing = "notBreaching" }
  }
}

resource "aws_sns_topic" "alarms" {
  name = "${var.reaper.name}-alarms"
  tags = local.tags
}

resource "aws_sns_topic_subscription" "email" {
  count = var.alarm_email == null ? 0 : 1

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

resource "aws_cloudwatch_log_metric_filter" "reaper" {
  for_each = local.metrics

  name           = each.key
  log_group_name = aws_cloudwatch_log_group.reaper.name
  pattern        = each.value.pattern

  metric_transformation {
    namespace = local.namespace
    name      = each.key
    value     = each.value.value
  }
}

resource "aws_cloudwatch_metric_alarm" "reaper" {
  for_each = local.alarms

  alarm_name          = "${var.reaper.name}-${each.key}"
  alarm_description   = "Runbook: docs/operations.md#${lower(each.key)}"
  namespace           = local.namespace
  metric_name         = each.value.metric
  statistic           = each.value.statistic
  period              = 300
  evaluation_periods  = each.value.periods
  datapoints_to_alarm = each.value.periods
  comparison_operator = each.value.below ? "LessThanThreshold" : "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = each.value.missing
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "reaper_fails" {
  for_each = toset(["Errors", "Throttles"])

  alarm_name          = "${var.reaper.name}-ReaperFails-${each.key}"
  alarm_description   = "Runbook: docs/operations.md#reaperfails"
  namespace           = "AWS/Lambda"
  metric_name         = each.key
  dimensions          = { FunctionName = aws_lambda_function.reaper.function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = local.tags
}

# Somebody became the emergency role, or used it: docs/break-glass.md#with-the-hub-down
resource "aws_cloudwatch_event_rule" "emergency" {
  count = var.emergency == null ? 0 : 1

  name          = var.emergency.name
  description   = "Somebody became the emergency role, or used it. Runbook: docs/break-glass.md#with-the-hub-down"
  event_pattern = jsonencode(var.emergency.pattern)
  tags          = local.tags
}

resource "aws_cloudwatch_event_target" "emergency" {
  count = var.emergency == null ? 0 : 1

  rule = aws_cloudwatch_event_rule.emergency[0].name
  arn  = aws_sns_topic.alarms.arn
}

data "aws_iam_policy_document" "alarms" {
  count = var.emergency == null ? 0 : 1

  statement {
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alarms.arn]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_cloudwatch_event_rule.emergency[0].arn]
    }
  }

  statement {
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alarms.arn]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }
  }
}

resource "aws_sns_topic_policy" "alarms" {
  count = var.emergency == null ? 0 : 1

  arn    = aws_sns_topic.alarms.arn
  policy = data.aws_iam_policy_document.alarms[0].json
}
