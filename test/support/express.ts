import express5 from "express";
import express4 from "express4";

/** The Express that this process tests with: `TEST_EXPRESS` is 4 or 5, and 5 where nobody set it. */
export const express = process.env.TEST_EXPRESS === "4" ? express4 : express5;
