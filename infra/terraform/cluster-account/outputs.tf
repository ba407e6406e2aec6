output "executors" {
  description = "For hallpass.yaml: the executors' ARNs."
  value       = { for name, role in aws_iam_role.executor : name => role.arn }
}

output "alarm_topic" {
  description = "Subscribe whoever is called."
  value       = aws_sns_topic.alarms.arn
}
